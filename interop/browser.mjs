// What stands in for a person's browser where a program opens one: node browser.mjs URL.
// It logs in, says yes, and goes to where the program waits. With --print, it prints that place.
// With --decide and a decision, it decides on the page of a server.

import { decide, logIn } from './person.mjs';

const url = new URL(process.argv[2]);
if (process.argv[3] === '--decide') {
  await decide(url, process.argv[4]);
  process.exit(0);
}
const back = await logIn(url, url.searchParams.get('redirect_uri'));
if (process.argv[3] === '--print') {
  process.stdout.write(`${back.href}\n`);
} else {
  const answer = await fetch(back);
  if (!answer.ok) throw new Error(`the program answered ${answer.status}`);
}

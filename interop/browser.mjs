// Replaces the browser that a program opens for its user: node browser.mjs URL. It logs in,
// consents, and requests the redirect URL. With --print, it prints the redirect URL instead.
// With --decide DECISION, it decides on the approval page of a server.

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

// `toolgate check --login`, with the person whom it asks: node check.mjs PROGRAM ARGUMENT …
// It prints the report, and ends as the program did.

import { spawn } from 'node:child_process';
import { attend } from './program.mjs';

const [program, ...args] = process.argv.slice(2);
const check = spawn(program, args, { stdio: ['ignore', 'inherit', 'pipe'] });
attend(check.stderr, (error) => {
  process.stderr.write(`${error.stack}\n`);
  check.kill();
});
check.on('error', (error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(2);
});
check.on('close', (code) => process.exit(code ?? 2));

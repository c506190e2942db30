// Runs `toolgate check --login`, and logs in as its user: node check.mjs PROGRAM ARGUMENT …
// It prints the report, and exits with the exit code of the program.

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

// A program that asks its person to open a URL, and the person who does.

import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { logIn } from './person.mjs';

/** What such a program may know of this machine: where it keeps things, and no browser. */
export const environment = {
  HOME: process.env.HOME,
  PATH: dirname(process.execPath),
};

/** A file of an installed package. */
export function installed(path) {
  return fileURLToPath(new URL(`node_modules/${path}`, import.meta.url));
}

/** The arguments that the server tells its person to start the Inspector with. */
export function printedArguments() {
  const [npx, inspector, ...more] = process.env.INTEROP_COMMAND.split(' ');
  if (npx !== 'npx' || !inspector?.startsWith('@modelcontextprotocol/inspector@')) {
    throw new Error(`the server does not print how to start the Inspector: ${process.env.INTEROP_COMMAND}`);
  }
  return more;
}

/** Reads what a program prints; wherever it asks for a login, logs in and goes back to it. */
export function attend(stream, failed) {
  const seen = new Set();
  let printed = '';
  stream.on('data', async (chunk) => {
    printed += chunk;
    const urls = printed.matchAll(/https?:\/\/\S+[?&]response_type=code\S*(?=\s)/g);
    for (const [url] of urls) {
      if (seen.has(url)) continue;
      seen.add(url);
      try {
        const callback = new URL(url).searchParams.get('redirect_uri');
        await visit(await logIn(url, callback));
      } catch (error) {
        failed(error);
      }
    }
  });
  return () => printed;
}

/**
 * Goes back to a program. Some listen only after they have printed where to go: a person is
 * never so fast.
 */
async function visit(back) {
  for (const end = Date.now() + 10_000; ;) {
    try {
      const answer = await fetch(back);
      if (answer.ok) return;
      throw new Error(`the program answered the browser with ${answer.status}`);
    } catch (error) {
      if (error.cause?.code !== 'ECONNREFUSED' || Date.now() > end) throw error;
      await sleep(100);
    }
  }
}

/**
 * Runs a program to its end.
 *
 * @returns {Promise<{ code: number, out: string, err: string }>}
 */
export function run(script, args, more = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      env: { ...environment, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    child.stdout.on('data', (chunk) => { out += chunk; });
    const fail = (error) => {
      child.kill();
      reject(error);
    };
    const err = attend(child.stderr, fail);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err: err() }));
  });
}

// Runs a program that asks its user to open a URL, and opens that URL.

import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { logIn } from './person.mjs';

/** The environment of such a program: the home folder, and a `PATH` without a browser. */
export const environment = {
  HOME: process.env.HOME,
  PATH: dirname(process.execPath),
};

/** A file of an installed package. */
export function installed(path) {
  return fileURLToPath(new URL(`node_modules/${path}`, import.meta.url));
}

/** Returns the arguments in the command that the server prints for starting the Inspector. */
export function printedArguments() {
  const [npx, inspector, ...more] = process.env.INTEROP_COMMAND.split(' ');
  if (npx !== 'npx' || !inspector?.startsWith('@modelcontextprotocol/inspector@')) {
    throw new Error(`the server does not print how to start the Inspector: ${process.env.INTEROP_COMMAND}`);
  }
  return more;
}

/**
 * Reads the output of a program. For each authorization URL in it, logs in and requests the
 * redirect URL. Returns a function that returns the output so far.
 */
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
 * Requests the redirect URL of a program. Retries while the connection is refused, because some
 * programs print the authorization URL before they listen.
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

// The MCP Inspector at the terminal as a host that starts a program: node stdio.mjs NOTES FOLDER
// It reads the configuration of the guide, with the path of the program.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installed, run } from './program.mjs';

const [program, folder] = process.argv.slice(2);
const inspector = '@modelcontextprotocol/inspector';
const guide = await readFile(new URL('../docs/src/stdio.md', import.meta.url), 'utf8');
const configuration = JSON.parse(guide.match(/```json\n([^]*?)```/)[1]);
configuration.mcpServers.notes.command = program;
const file = join(folder, 'mcp.json');
await mkdir(folder, { recursive: true });
await writeFile(file, JSON.stringify(configuration));

/** Runs one method, and returns what the Inspector prints. */
async function inspect(era, method, ...more) {
  const { code, out, err } = await run(installed(`${inspector}/clients/launcher/build/index.js`), [
    '--cli', '--config', file, '--server', 'notes', '--protocol-era', era, '--format', 'json',
    '--method', method, ...more,
  ], { HOME: folder });
  if (code !== 0) throw new Error(`${era} ${method} ended with ${code}: ${out}${err}`);
  return { printed: JSON.stringify(JSON.parse(out)), err };
}

function expect(text, part) {
  if (!text.includes(part)) throw new Error(`no ${part} in ${text}`);
}

for (const era of ['legacy', 'modern']) {
  const { printed, err } = await inspect(era, 'tools/list');
  expect(printed, 'write_note');
  // The program says on standard error whom it serves.
  expect(err, 'notes serves host');
  const write = ['--tool-name', 'write_note', '--tool-arg', 'number=2', 'text=Soup'];
  const called = await inspect(era, 'tools/call', ...write);
  if (called.printed.includes('"isError":true')) throw new Error(called.printed);
  expect((await inspect(era, 'resources/read', '--uri', 'notes://1')).printed, 'Flour');
}
const { version } = JSON.parse(await readFile(installed(`${inspector}/package.json`), 'utf8'));
console.log(version);

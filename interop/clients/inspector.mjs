// Runs the MCP Inspector at the terminal, with the command that the server prints. Each call is
// one command; the Inspector stores its login between the commands.

import { installed, printedArguments, run } from '../program.mjs';
import { CALLS, done, revision } from '../story.mjs';

const era = revision === '2026-07-28' ? 'modern' : 'legacy';
for (const { name: tool, arguments: given } of CALLS) {
  const { code, out, err } = await run(installed('@modelcontextprotocol/inspector/clients/launcher/build/index.js'), [
    '--cli', ...printedArguments(), '--protocol-era', era, '--format', 'json', '--connect-timeout', '60000',
    '--method', 'tools/call', '--tool-name', tool,
    ...Object.entries(given).flatMap(([name, value]) => ['--tool-arg', `${name}=${value}`]),
  ], { MCP_AUTO_OPEN_ENABLED: 'true', MCP_INSPECTOR_SECRET_STORE: 'file' });
  if (code !== 0) throw new Error(`${tool} ended with ${code}: ${out}${err}`);
}
done('@modelcontextprotocol/inspector');

// The MCP Inspector at the terminal: one command a call, and a login that it keeps.

import { installed, run } from '../program.mjs';
import { TOOLS, done, revision, url } from '../story.mjs';

const era = revision === '2026-07-28' ? 'modern' : 'legacy';
for (const tool of TOOLS) {
  const { code, out, err } = await run(installed('@modelcontextprotocol/inspector/clients/cli/build/index.js'), [
    url.href, '--transport', 'http', '--protocol-era', era, '--format', 'json', '--connect-timeout', '60000',
    '--method', 'tools/call', '--tool-name', tool,
  ], { MCP_AUTO_OPEN_ENABLED: 'true', MCP_INSPECTOR_SECRET_STORE: 'file' });
  if (code !== 0) throw new Error(`${tool} ended with ${code}: ${out}${err}`);
}
done('@modelcontextprotocol/inspector');

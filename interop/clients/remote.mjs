// A host without OAuth, which starts mcp-remote as a program.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { attend, environment, installed } from '../program.mjs';
import { CALLS, capabilities, done, openPage, revision, url } from '../story.mjs';

const protocol = revision === '2026-07-28' ? 'auto' : 'legacy';
const program = new StdioClientTransport({
  command: process.execPath,
  args: [installed('mcp-remote/dist/proxy.js'), url.href, '--protocol', protocol],
  env: environment,
  stderr: 'pipe',
});
attend(program.stderr, (error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
const host = new Client({ name: 'interop', version: '1.0.0' }, { capabilities });
if (capabilities.elicitation) host.setRequestHandler(ElicitRequestSchema, openPage);
await host.connect(program, { timeout: 60_000 });
for (const { name, arguments: given } of CALLS) {
  const result = await host.callTool({ name, arguments: given });
  if (result.isError) throw new Error(`${name}: ${JSON.stringify(result.content)}`);
}
await host.close();
done('mcp-remote');

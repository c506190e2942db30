// The official TypeScript SDK, first major version, which supports only revisions with sessions.

import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { capabilities, done, live, openPage, url } from '../story.mjs';

await live({
  transport: (login) => new StreamableHTTPClientTransport(url, { authProvider: login }),
  client() {
    const client = new Client({ name: 'interop', version: '1.0.0' }, { capabilities });
    if (capabilities.elicitation) client.setRequestHandler(ElicitRequestSchema, openPage);
    return client;
  },
  unauthorized: UnauthorizedError,
  finish: (transport, answer) => transport.finishAuth(answer.get('code')),
});
done('@modelcontextprotocol/sdk');

// The official TypeScript SDK, first major version, which knows sessions alone.

import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { done, live, url } from '../story.mjs';

await live({
  transport: (login) => new StreamableHTTPClientTransport(url, { authProvider: login }),
  client: () => new Client({ name: 'interop', version: '1.0.0' }),
  unauthorized: UnauthorizedError,
  finish: (transport, answer) => transport.finishAuth(answer.get('code')),
});
done('@modelcontextprotocol/sdk');

// The official TypeScript client, second major version.

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { capabilities, done, live, openPage, revision, url } from '../story.mjs';

const mode = revision === '2026-07-28' ? { pin: revision } : 'legacy';

await live({
  transport: (login) => new StreamableHTTPClientTransport(url, { authProvider: login }),
  client() {
    const client = new Client({ name: 'interop', version: '1.0.0' }, { capabilities, versionNegotiation: { mode } });
    if (capabilities.elicitation) client.setRequestHandler('elicitation/create', openPage);
    return client;
  },
  unauthorized: UnauthorizedError,
  // Pass the whole query: the client also validates `iss` (RFC 9207).
  finish: (transport, answer) => transport.finishAuth(answer),
});
done('@modelcontextprotocol/client');

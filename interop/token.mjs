// Prints a token of a server's own issuer: node token.mjs URL SCOPE…

import { createHash, randomBytes } from 'node:crypto';
import { logIn } from './person.mjs';

const [url, ...scopes] = process.argv.slice(2);
const callback = 'http://127.0.0.1:3121/callback';

async function json(address, init) {
  const response = await fetch(address, init);
  if (!response.ok) throw new Error(`${address} answers ${response.status}`);
  return response.json();
}

const { pathname, origin } = new URL(url);
const { authorization_servers: [issuer] } = await json(`${origin}/.well-known/oauth-protected-resource${pathname}`);
const server = await json(`${issuer}/.well-known/oauth-authorization-server`);
const { client_id: client } = await json(server.registration_endpoint, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ client_name: 'Suite', redirect_uris: [callback], token_endpoint_auth_method: 'none' }),
});
const verifier = randomBytes(32).toString('base64url');
const question = new URL(server.authorization_endpoint);
question.search = new URLSearchParams({
  response_type: 'code',
  client_id: client,
  redirect_uri: callback,
  scope: scopes.join(' '),
  resource: url,
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
});
const answer = await logIn(question, callback);
const { access_token: token } = await json(server.token_endpoint, {
  method: 'POST',
  body: new URLSearchParams({
    grant_type: 'authorization_code',
    code: answer.searchParams.get('code'),
    redirect_uri: callback,
    client_id: client,
    code_verifier: verifier,
    resource: url,
  }),
});
process.stdout.write(token);

// Prints an access token for a server. Its challenge leads to the issuer: node token.mjs URL SCOPE…

import { createHash, randomBytes } from 'node:crypto';
import { logIn } from './person.mjs';

const [url, ...scopes] = process.argv.slice(2);
const callback = 'http://127.0.0.1:3121/callback';

async function json(address, init) {
  const response = await fetch(address, init);
  if (!response.ok) throw new Error(`${address} answers ${response.status}`);
  return response.json();
}

/** The metadata of an issuer: RFC 8414, and where there is none, OpenID Connect Discovery. */
async function metadata(issuer) {
  try {
    const { pathname, origin } = new URL(issuer);
    return await json(`${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`);
  } catch {
    return json(`${issuer}/.well-known/openid-configuration`);
  }
}

const refused = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
const [, named] = refused.headers.get('www-authenticate')?.match(/resource_metadata="([^"]+)"/) ?? [];
if (!named) throw new Error(`${url} answers ${refused.status} without a challenge that names metadata`);
const { authorization_servers: [issuer] } = await json(named);
const server = await metadata(issuer);
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

// The official TypeScript client with credentials of its own: grants without a consent page.

import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import {
  Client, ClientCredentialsProvider, CrossAppAccessProvider, DpopSession, PrivateKeyJwtProvider,
  StreamableHTTPClientTransport, discoverAndRequestJwtAuthGrant,
} from '@modelcontextprotocol/client';
import { logIn } from '../person.mjs';
import { done, revision, url } from '../story.mjs';

const issuer = url.origin;
const scope = 'everything:use';

/** Registers a program at the development issuer. */
async function register(metadata) {
  const answer = await fetch(`${issuer}/development/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ grant_types: ['client_credentials'], ...metadata }),
  });
  if (answer.status !== 201) throw new Error(`registration: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Calls a tool, and checks that its answer names the scope. */
async function call(grant, authProvider) {
  const mode = revision === '2026-07-28' ? { pin: revision } : 'legacy';
  const client = new Client({ name: 'interop', version: '1.0.0' }, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(url, { authProvider }));
  const { content } = await client.callTool({ name: 'whoami', arguments: {} });
  if (!content[0].text.includes(`with ${scope}`)) throw new Error(`${grant}: ${content[0].text}`);
  await client.close();
  process.stdout.write(`${grant}\n`);
}

const bySecret = await register({ token_endpoint_auth_method: 'client_secret_basic' });
await call('secret', new ClientCredentialsProvider({
  clientId: bySecret.client_id, clientSecret: bySecret.client_secret, expectedIssuer: issuer, scope,
}));

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: '1', alg: 'ES256', use: 'sig' };
const byKey = await register({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } });
await call('private_key_jwt', new PrivateKeyJwtProvider({
  clientId: byKey.client_id,
  privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }),
  algorithm: 'ES256',
  expectedIssuer: issuer,
  scope,
}));

const session = await DpopSession.create();
const bound = new ClientCredentialsProvider({
  clientId: bySecret.client_id, clientSecret: bySecret.client_secret, expectedIssuer: issuer, scope,
});
bound.dpop = () => session;
await call('dpop', bound);
if (bound.tokens().token_type.toLowerCase() !== 'dpop') throw new Error('the token is not bound');

const callback = 'http://127.0.0.1:3121/callback';
const managed = await register({
  grant_types: ['urn:ietf:params:oauth:grant-type:jwt-bearer'],
  redirect_uris: [callback],
  token_endpoint_auth_method: 'client_secret_basic',
});
const authorization = `Basic ${btoa(`${managed.client_id}:${managed.client_secret}`)}`;

/** Signs the person in at the imitated identity provider. */
async function signIn() {
  const verifier = `${randomUUID()}${randomUUID()}`;
  const to = new URL(`${issuer}/development/idp/authorize`);
  to.search = new URLSearchParams({
    response_type: 'code', client_id: managed.client_id, redirect_uri: callback, scope: 'openid', state: 's',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
  });
  const back = await logIn(to, callback);
  const answer = await fetch(`${issuer}/development/idp/token`, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams({
      grant_type: 'authorization_code', code: back.searchParams.get('code'), redirect_uri: callback,
      code_verifier: verifier,
    }),
  });
  if (answer.status !== 200) throw new Error(`the identity provider: ${await answer.text()}`);
  return (await answer.json()).id_token;
}

const idToken = await signIn();
await call('id-jag', new CrossAppAccessProvider({
  clientId: managed.client_id,
  clientSecret: managed.client_secret,
  expectedIssuer: issuer,
  async assertion({ authorizationServerUrl, resourceUrl }) {
    const granted = await discoverAndRequestJwtAuthGrant({
      idpUrl: `${issuer}/development/idp`, audience: authorizationServerUrl, resource: resourceUrl, idToken,
      clientId: managed.client_id, scope,
      // The client is registered for `client_secret_basic`, but the package would send the
      // secret in the body here.
      fetchFn: (to, init) => fetch(to, { ...init, headers: { ...init?.headers, authorization } }),
    });
    return granted.jwtAuthGrant;
  },
}));
done('@modelcontextprotocol/client');

// A foreign authorization server: oidc-provider, with its own pages for login and consent.
//
// node issuer.mjs PORT RESOURCE LOG SCOPE…

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { Provider } from 'oidc-provider';

const [port, resource, log, ...scopes] = process.argv.slice(2);
const key = (type, options, alg) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  alg,
  use: 'sig',
  kid: alg,
});

const provider = new Provider(`http://127.0.0.1:${port}`, {
  scopes: ['openid', 'offline_access', ...scopes],
  features: {
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: scopes.join(' '),
        audience: resource,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  // oidc-provider limits a client to the scopes of its registration, and clients register with
  // the scopes of their first challenge. It would then refuse every step-up, so this removes
  // `scope` from each registration:
  extraClientMetadata: {
    properties: ['scope_at_registration'],
    validator: (_context, _name, _value, metadata) => { delete metadata.scope; },
  },
  jwks: {
    keys: [
      key('ec', { namedCurve: 'P-256' }, 'ES256'),
      key('rsa', { modulusLength: 2048 }, 'RS256'),
    ],
  },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  ttl: {
    AccessToken: 900, AuthorizationCode: 60, Grant: 3600, IdToken: 900, Interaction: 600, RefreshToken: 3600, Session: 3600,
  },
});
provider.use(async (context, next) => {
  await next();
  appendFileSync(log, `${JSON.stringify({ at: 'issuer', method: context.method, path: context.path, status: context.status })}\n`);
});
provider.on('server_error', (_context, error) => process.stderr.write(`${error.stack}\n`));
provider.listen(Number(port), '127.0.0.1');

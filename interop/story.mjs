// The steps of every client: it calls a tool, is refused the next tool, logs in for more scopes,
// and so on for each scope of the server.

import { readFileSync } from 'node:fs';
import { decide, logIn } from './person.mjs';

/**
 * The calls: the first needs the scopes of the login, the others need further scopes.
 *
 * @type {{ name: string, arguments: object, shows: string }[]}
 */
export const CALLS = JSON.parse(process.env.INTEROP_CALLS);

/** The settings of the runner: the URL of the server, and the protocol revision to use. */
export const url = new URL(process.env.INTEROP_URL);
export const revision = process.env.INTEROP_REVISION;

/** What the person does on a page of the server; unset where no client is asked to open one. */
export const decision = process.env.INTEROP_DECISION;

/** The capabilities of the application. It can open pages if the user has a decision to make. */
export const capabilities = decision ? { elicitation: { url: {} } } : {};

/**
 * Opens a page for the user, and does not wait until the user has decided.
 *
 * @param {{ params: object }} request the server's request for it
 */
export async function openPage({ params }) {
  if (params.mode !== 'url') return { action: 'decline' };
  decide(params.url, decision).catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  });
  return { action: 'accept' };
}

/** The version of a package that is installed here. */
export function versionOf(name) {
  const path = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(path)).version;
}

/** Ends the program: its last line tells the runner which version was run. */
export function done(name) {
  process.stdout.write(`${JSON.stringify({ version: versionOf(name) })}\n`);
  process.exit(0);
}

/** The login state of an application, in the interface that both official packages require. */
class Login {
  redirectUrl = 'http://127.0.0.1:3119/callback';

  clientMetadata = {
    client_name: 'Interoperability',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  };

  clientInformation = () => this.client;
  saveClientInformation = (client) => { this.client = client; };
  tokens = () => this.kept;
  saveTokens = (tokens) => { this.kept = tokens; };
  discoveryState = () => this.discovered;
  saveDiscoveryState = (state) => { this.discovered = state; };
  saveCodeVerifier = (verifier) => { this.verifier = verifier; };
  codeVerifier = () => this.verifier;
  redirectToAuthorization = (to) => { this.asked = to; };

  /** Logs in once at the URL that the client requested. Returns the authorization response. */
  async answer() {
    const { asked } = this;
    this.asked = undefined;
    if (!asked) throw new Error('the client gave up without asking the person');
    return (await logIn(asked, this.redirectUrl)).searchParams;
  }
}

/**
 * Runs the steps with one of the official packages.
 *
 * @param {object} part what differs between them
 * @param {(login: Login) => object} part.transport makes a transport
 * @param {() => object} part.client makes a client
 * @param {Function} part.unauthorized the error that a client throws when the user must log in
 * @param {(transport: object, answer: URLSearchParams) => Promise<void>} part.finish ends a login
 */
export async function live({ transport, client, unauthorized, finish }) {
  const login = new Login();

  async function twice(from, attempt) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof unauthorized)) throw error;
      await finish(from, await login.answer());
      return undefined;
    }
  }

  let line = transport(login);
  let connected = client();
  if (!await twice(line, async () => { await connected.connect(line); return true; })) {
    line = transport(login);
    connected = client();
    await connected.connect(line);
  }
  for (const { name, arguments: given } of CALLS) {
    const call = () => connected.callTool({ name, arguments: given });
    const result = await twice(line, call) ?? await call();
    if (result.isError) throw new Error(`${name}: ${JSON.stringify(result.content)}`);
  }
  await connected.close();
}

// A user with a browser: follows an authorization URL through the pages of the issuer, logs in,
// consents, and returns the redirect URL. It handles forms, redirects and cookies, and has no
// code for a particular authorization server.

import { parse } from 'node-html-parser';

/** The maximum number of requests. A login needs fewer. */
const PATIENCE = 20;

/**
 * Follows an authorization URL up to the redirect to the application.
 *
 * @param {string | URL} start the URL that an application shows
 * @param {string} callback the redirect URI of the application, without a query
 * @returns {Promise<URL>} the redirect URL with the authorization response; it is not requested
 */
export function logIn(start, callback) {
  return visit(start, 'allow', (url) => url.href.split('?')[0] === callback && url);
}

/**
 * Opens the page of a server, logs in where it leads, reads the question, and decides.
 *
 * @param {string | URL} page the page that an application is asked to open
 * @param {string} decision the button to press: `approve` or `decline`. With any other value the
 *   person does not open the page.
 */
export async function decide(page, decision) {
  if (!['approve', 'decline'].includes(decision)) return;
  await visit(page, decision, (url, decided) => decided);
}

/**
 * Follows pages from a URL, and fills in their forms.
 *
 * @param {string | URL} start the first page
 * @param {string} choice the button to press if a form has it; otherwise `allow` is pressed
 * @param {(url: URL, decided: boolean) => unknown} end gets each URL before it is requested, and
 *   the URL of the page that follows the choice; a truthy result ends the walk
 */
async function visit(start, choice, end) {
  let chosen = false;
  const jar = new Map();
  let request = { url: new URL(start), method: 'GET' };
  for (let page = 0; page < PATIENCE; page += 1) {
    const { url } = request;
    const ended = end(url, false);
    if (ended) return ended;
    const response = await fetch(url, {
      method: request.method,
      body: request.body,
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '), ...request.headers },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    if (response.status >= 300 && response.status < 400) {
      request = { url: new URL(response.headers.get('location'), url), method: 'GET' };
      continue;
    }
    const text = await response.text();
    if (response.status === 200 && chosen && end(url, true)) return true;
    const form = parse(text).querySelector('form');
    if (response.status !== 200 || !form) {
      throw new Error(`it ended at ${url.pathname} with ${response.status}: ${parse(text).text.replace(/\s+/g, ' ').slice(0, 300)}`);
    }
    request = filledIn(form, url, choice);
    chosen = request.body?.get('decision') === choice;
  }
  throw new Error(`it did not end after ${PATIENCE} pages`);
}

/**
 * Builds the request that submits a form: ticked boxes stay ticked, required boxes get ticked, and
 * the button is the choice, else `allow`, else the first one. It sends no role, so that a client
 * gets the denial for a missing role.
 */
function filledIn(form, page, choice) {
  const body = new URLSearchParams();
  for (const input of form.querySelectorAll('input')) {
    const name = input.getAttribute('name');
    const type = input.getAttribute('type') ?? 'text';
    const value = input.getAttribute('value');
    if (!name || type === 'submit' || name === 'role') continue;
    if (type === 'checkbox' || type === 'radio') {
      if (input.hasAttribute('checked') || input.hasAttribute('required')) body.append(name, value ?? 'on');
    } else {
      body.append(name, value ?? 'developer');
    }
  }
  const buttons = form.querySelectorAll('button[name]');
  const yes = [choice, 'allow'].map((value) => buttons.find((button) => button.getAttribute('value') === value))
    .find((button) => button) ?? buttons[0];
  if (yes) body.append(yes.getAttribute('name'), yes.getAttribute('value') ?? '');
  const method = (form.getAttribute('method') ?? 'get').toUpperCase();
  const action = new URL(form.getAttribute('action') ?? page, page);
  if (method === 'GET') return { url: new URL(`${action.pathname}?${body}`, action), method };
  return { url: action, method, body, headers: { origin: page.origin } };
}

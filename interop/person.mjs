// A person with a browser: follows an authorization URL through whatever pages there are,
// logs in, says yes, and tells where it led. Knows forms, redirects and cookies, and nothing
// of any particular authorization server.

import { parse } from 'node-html-parser';

/** More pages than any login has. */
const PATIENCE = 20;

/**
 * Goes from an authorization URL to the redirect that ends it.
 *
 * @param {string | URL} start the URL that an application shows
 * @param {string} callback where the application waits: the redirect URI, without a query
 * @returns {Promise<URL>} the redirect with its answer, which nobody has been to yet
 */
export async function logIn(start, callback) {
  const jar = new Map();
  let request = { url: new URL(start), method: 'GET' };
  for (let page = 0; page < PATIENCE; page += 1) {
    const { url } = request;
    if (url.href.split('?')[0] === callback) return url;
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
    const form = parse(text).querySelector('form');
    if (response.status !== 200 || !form) {
      throw new Error(`the login ended at ${url.pathname} with ${response.status}: ${parse(text).text.replace(/\s+/g, ' ').slice(0, 300)}`);
    }
    request = filledIn(form, url);
  }
  throw new Error(`the login did not end after ${PATIENCE} pages`);
}

/**
 * The form as this person sends it: what is ticked stays ticked, and the answer is yes. This
 * person has no roles, so that a client meets a missing one.
 */
function filledIn(form, page) {
  const body = new URLSearchParams();
  for (const input of form.querySelectorAll('input')) {
    const name = input.getAttribute('name');
    const type = input.getAttribute('type') ?? 'text';
    const value = input.getAttribute('value');
    if (!name || type === 'submit' || name === 'role') continue;
    if (type === 'checkbox' || type === 'radio') {
      if (input.hasAttribute('checked')) body.append(name, value ?? 'on');
    } else {
      body.append(name, value ?? 'developer');
    }
  }
  const buttons = form.querySelectorAll('button[name]');
  const yes = buttons.find((button) => button.getAttribute('value') === 'allow') ?? buttons[0];
  if (yes) body.append(yes.getAttribute('name'), yes.getAttribute('value') ?? '');
  const method = (form.getAttribute('method') ?? 'get').toUpperCase();
  const action = new URL(form.getAttribute('action') ?? page, page);
  if (method === 'GET') return { url: new URL(`${action.pathname}?${body}`, action), method };
  return { url: action, method, body, headers: { origin: page.origin } };
}

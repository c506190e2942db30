// Operates the MCP Inspector's page in headless Chromium, by its visible texts and buttons. For a
// revision with sessions, it starts the Inspector with the command that the server prints; that
// command cannot select 2026-07-28.
//
// The user logs in on the pages of the issuer, in the same browser. Screenshots are stored next to
// the log.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { environment, installed, printedArguments } from '../program.mjs';
import { CALLS, decision, done, revision, url } from '../story.mjs';

const folder = process.env.INTEROP_FOLDER;
const PATIENCE = 30_000;
/** How long to wait for another outcome after the page has shown a failure. */
const SETTLED = 3_000;

/** A port on which nobody listens: the page is bound to the one that it was started with. */
const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port: free } = probe.address();
    probe.close(() => resolve(free));
  });
});
const config = join(folder, 'servers.json');
writeFileSync(config, JSON.stringify({
  mcpServers: {
    interop: { type: 'streamable-http', url: url.href, protocolEra: 'modern' },
  },
}));
const server = spawn(process.execPath, [
  installed('@modelcontextprotocol/inspector/clients/launcher/build/index.js'),
  '--web', ...(revision === '2026-07-28' ? ['--config', config] : printedArguments()),
], {
  env: { ...environment, MCP_AUTO_OPEN_ENABLED: 'false', MCP_INSPECTOR_SECRET_STORE: 'file', CLIENT_PORT: String(port) },
  stdio: ['ignore', 'pipe', 'pipe'],
});
process.on('exit', () => server.kill());
let printed = '';
const address = await new Promise((resolve, reject) => {
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (chunk) => {
      printed += chunk;
      const found = printed.match(/http:\S+MCP_INSPECTOR_API_TOKEN=\w+(?=\s)/);
      if (found) resolve(found[0]);
    });
  }
  server.on('close', (code) => reject(new Error(`the Inspector ended with ${code}: ${printed}`)));
});
const browser = await chromium.launch({ executablePath: process.env.INTEROP_CHROMIUM, args: [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
] });
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
page.setDefaultTimeout(PATIENCE);
let shots = 0;
const look = () => page.screenshot({ path: join(folder, `${shots += 1}.png`) });

/** Logs in and consents on the issuer's pages, until they redirect back. */
async function agree() {
  await page.waitForURL((at) => at.origin !== here);
  for (let pages = 0; new URL(page.url()).origin !== here; pages += 1) {
    if (pages === 10) throw new Error(`the login does not end: ${page.url()}`);
    await look();
    for (const field of await page.locator('input:is([type=text], [type=password], :not([type]))').all()) {
      if (!await field.inputValue()) await field.fill('developer');
    }
    // Without roles, as in `person.mjs`.
    for (const role of await page.locator('input[name=role]').all()) await role.uncheck();
    const left = page.url();
    await page.getByRole('button', { name: /^(allow|continue|sign-in)$/i }).click();
    await page.waitForURL((at) => at.href !== left);
  }
  await page.getByText('Connected', { exact: true }).or(page.getByRole('button', { name: 'Execute Tool' })).first().waitFor();
}

/** Opens a tool, fills in its arguments and runs it. */
async function execute(tool, given) {
  await page.getByText('Tools', { exact: true }).first().click();
  await page.getByText(tool, { exact: true }).first().click();
  for (const [name, value] of Object.entries(given)) {
    await page.getByLabel(name).first().fill(value);
  }
  await page.getByRole('button', { name: 'Execute Tool' }).click();
}

/** Opens the page that the server asks for, as its dialog offers, and decides there. */
async function decideOnPage() {
  const opened = page.context().waitForEvent('page');
  await page.getByRole('button', { name: 'Open in Browser' }).click();
  const tab = await opened;
  if (!['approve', 'decline'].includes(decision)) return;
  tab.setDefaultTimeout(PATIENCE);
  const allow = tab.getByRole('button', { name: 'Allow', exact: true });
  const choice = tab.getByRole('button', { name: new RegExp(`^${decision}$`, 'i') });
  await allow.or(choice).first().waitFor();
  if (await allow.isVisible()) {
    await tab.locator('input[name=subject]').fill('developer');
    await allow.click();
    await choice.waitFor();
  }
  await tab.getByRole('checkbox').check();
  await choice.click();
  await tab.getByText('You have').first().waitFor();
  await tab.screenshot({ path: join(folder, 'decided.png') });
  await tab.close();
}

await page.goto(address);
const here = new URL(page.url()).origin;
await page.getByRole('switch').or(page.locator('label[class*=Switch]')).first().click({ force: true });
await agree();
for (const { name: tool, arguments: given, shows } of CALLS) {
  await execute(tool, given);
  const result = page.getByText(`"${shows}"`).or(page.getByText(shows, { exact: true })).or(page.getByText(`${shows} `)).first();
  const authorize = page.getByRole('button', { name: 'Authorize', exact: true });
  const asks = page.getByRole('button', { name: 'Open in Browser' });
  const failed = page.getByText('Tool Call Failed', { exact: true });
  /** Waits for one of these. A failure of the call may precede the offer to log in again. */
  const shown = async (wanted) => {
    try {
      await wanted.or(failed).first().waitFor();
      await wanted.first().waitFor({ timeout: SETTLED });
    } catch (error) {
      await look();
      throw new Error(`${error.message}\nThe page shows: ${await page.locator('body').innerText()}`);
    }
  };
  await shown(result.or(authorize).or(asks));
  await look();
  if (await asks.isVisible()) {
    await decideOnPage();
    // In a session, the server's notification closes the dialog. Otherwise the person does.
    const completed = page.getByRole('button', { name: 'I\'ve completed it' });
    await completed.waitFor({ state: 'hidden', timeout: 3_000 }).catch(() => completed.click());
    await shown(result);
    await look();
  }
  if (await authorize.isVisible()) {
    await authorize.click();
    await agree();
    await execute(tool, given);
    await result.waitFor();
    await look();
  }
}
await browser.close();
server.kill();
done('@modelcontextprotocol/inspector');

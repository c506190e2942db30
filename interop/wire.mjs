// A proxy before a server that records each HTTP exchange as one JSON line. The checks of an
// interoperability run read this record, because it does not depend on what a client reports
// about itself. It contains no tokens.
//
// node wire.mjs LISTEN-PORT SERVER-PORT LOG [TOKEN-FILE]
//
// With TOKEN-FILE, adds the token in the file to requests without one, because the official
// suite cannot send a token. Forwards `Host` and `Origin` unchanged, and bodies as streams.

import { appendFileSync, readFileSync } from 'node:fs';
import http from 'node:http';

const [listen, target, log, tokenFile] = process.argv.slice(2);
const token = () => tokenFile && readFileSync(tokenFile, 'utf8').trim();

http.createServer((request, response) => {
  const headers = { ...request.headers };
  if (!headers.authorization && token()) headers.authorization = `Bearer ${token()}`;
  const sent = [];
  const options = { host: '127.0.0.1', port: target, method: request.method, path: request.url, headers };
  const onward = http.request(options, (answer) => {
    const challenge = answer.headers['www-authenticate'];
    appendFileSync(log, `${JSON.stringify({
      method: request.method,
      path: request.url.split('?')[0],
      status: answer.statusCode,
      revision: request.headers['mcp-protocol-version'],
      session: request.headers['mcp-session-id'],
      ...said(sent),
      challenge: Array.isArray(challenge) ? challenge.join(', ') : challenge,
    })}\n`);
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  request.on('data', (chunk) => sent.push(chunk));
  request.pipe(onward);
}).listen(Number(listen), '127.0.0.1');

/** The JSON-RPC method of a body, and the tool it names. */
function said(chunks) {
  try {
    const message = JSON.parse(Buffer.concat(chunks));
    return { rpc: message.method, tool: message.params?.name };
  } catch {
    return {};
  }
}

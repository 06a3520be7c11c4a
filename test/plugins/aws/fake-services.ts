/** Services of AWS that give credentials, as their documentation has them; what is asked otherwise is refused. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeServices extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** `POST / AssumeRole` */
  readonly asked: string[];
}

export interface ServiceFacts {
  /** What each service gives. */
  readonly keys: { readonly id: string; readonly secret: string };
  /** Milliseconds since 1970, of all that is given. */
  readonly expires?: number;
  readonly webToken?: string;
  /** The machine knows the first version of the metadata service alone. */
  readonly firstVersion?: boolean;
}

const sessionToken = 'token-of-a-session';

export async function startServices(facts: ServiceFacts): Promise<FakeServices> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const { pathname } = new URL(request.url!, 'http://fake');
      const action = new URLSearchParams(body).get('Action') ?? '';
      asked.push(`${request.method} ${pathname} ${action}`.trim());
      const answer = answerOf(`${request.method} ${pathname}`, request, body, facts);
      response.writeHead(answer.status).end(answer.text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const refused = (status: number, text = ''): { status: number; text: string } => ({ status, text });
const given = (text: string): { status: number; text: string } => ({ status: 200, text });

function answerOf(asked: string, { headers }: IncomingMessage, body: string, facts: ServiceFacts) {
  const { id, secret } = facts.keys;
  const end = new Date(facts.expires ?? Date.parse('2024-01-01T06:00:00Z'));
  const json = { AccessKeyId: id, SecretAccessKey: secret, Token: sessionToken, Expiration: end.toISOString() };
  switch (asked) {
    case 'PUT /latest/api/token':
      if (facts.firstVersion) return refused(404);
      return headers['x-aws-ec2-metadata-token-ttl-seconds'] ? given('token-of-the-machine') : refused(400);
    case 'GET /latest/meta-data/iam/security-credentials/':
      return isOfMachine(headers, facts) ? given('build role\n') : refused(401);
    case 'GET /latest/meta-data/iam/security-credentials/build%20role':
      return isOfMachine(headers, facts) ? given(JSON.stringify({ Code: 'Success', ...json })) : refused(401);
    case 'GET /container':
      return headers.authorization === 'Bearer of-the-pod' ? given(JSON.stringify(json)) : refused(403);
    case 'GET /federation/credentials':
      if (headers['x-amz-sso_bearer_token'] !== 'login') return refused(401, '{"message":"Session token not found"}');
      return given(
        JSON.stringify({
          roleCredentials: { accessKeyId: id, secretAccessKey: secret, sessionToken, expiration: end.getTime() },
        }),
      );
    case 'POST /':
      return tokenService(new URLSearchParams(body), headers, facts, end);
    default:
      return refused(404);
  }
}

const isOfMachine = (headers: IncomingMessage['headers'], { firstVersion }: ServiceFacts): boolean =>
  firstVersion === true || headers['x-aws-ec2-metadata-token'] === 'token-of-the-machine';

function tokenService(form: URLSearchParams, headers: IncomingMessage['headers'], facts: ServiceFacts, end: Date) {
  const error = (code: string): { status: number; text: string } =>
    refused(400, `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code></Error></ErrorResponse>`);
  const action = form.get('Action');
  if (form.get('Version') !== '2011-06-15' || !form.get('RoleArn')?.startsWith('arn:aws:iam::'))
    return error('Invalid');
  if (!form.get('RoleSessionName')) return error('ValidationError');
  if (action === 'AssumeRoleWithWebIdentity') {
    if (headers.authorization !== undefined) return error('NotSigned');
    if (form.get('WebIdentityToken') !== facts.webToken) return error('InvalidIdentityToken');
  } else if (action !== 'AssumeRole' || !/^AWS4-HMAC-SHA256 .*\/sts\/aws4_request/.test(headers.authorization ?? ''))
    return error('MissingAuthenticationToken');
  const { id, secret } = facts.keys;
  return given(
    `<${action}Response><${action}Result><Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${secret}` +
      `</SecretAccessKey><SessionToken>${sessionToken}</SessionToken><Expiration>${end.toISOString()}</Expiration>` +
      `</Credentials></${action}Result></${action}Response>`,
  );
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}

/**
 * GetAuthorizationToken of Amazon ECR and ECR Public as their API references have it, with Signature Version 4 checked as
 * the reference of signing describes it. A fake: there is no such server to be had.
 */
import { createHash, createHmac } from 'node:crypto';
import type { Received, Script } from '../../core/registry/scripted-server.ts';

export interface EcrFacts {
  readonly host: string;
  readonly region: string;
  readonly id: string;
  readonly secret: string;
  readonly session?: string;
  readonly public?: boolean;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  readonly password: string;
}

export const fakeEcr =
  (facts: EcrFacts): Script =>
  (request, response) => {
    const refuse = (status: number, type: string, message: string): void =>
      void response
        .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
        .end(JSON.stringify({ __type: type, message }));
    const { headers, method, path, body } = request;
    const api = facts.public ? 'SpencerFrontendService' : 'AmazonEC2ContainerRegistry_V20150921';
    if (method !== 'POST' || path !== '/') return refuse(404, 'UnknownOperationException', 'no such path');
    if (headers['content-type'] !== 'application/x-amz-json-1.1') return refuse(400, 'SerializationException', 'type');
    if (headers['x-amz-target'] !== `${api}.GetAuthorizationToken`)
      return refuse(400, 'UnknownOperationException', String(headers['x-amz-target']));
    if (body !== '{}') return refuse(400, 'SerializationException', 'no such fields');
    if (headers['x-amz-security-token'] !== facts.session)
      return refuse(400, 'UnrecognizedClientException', 'The security token included in the request is invalid.');
    if (headers.authorization !== signature(request, facts))
      return refuse(400, 'InvalidSignatureException', 'The request signature we calculated does not match.');
    const data = {
      authorizationToken: Buffer.from(`AWS:${facts.password}`).toString('base64'),
      expiresAt: facts.expiresAt,
    };
    const answer = facts.public
      ? { authorizationData: data }
      : { authorizationData: [{ ...data, proxyEndpoint: 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com' }] };
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer));
  };

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The whole header, worked out from what came in and from the names that it says are signed. */
function signature({ method, path, headers, body }: Received, { host, region, id, secret, public: open }: EcrFacts) {
  const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1] ?? '';
  const must = ['host', 'x-amz-date', 'x-amz-target'];
  if (must.some((name) => !names.split(';').includes(name))) return 'too little is signed';
  const lines = names.split(';').map((name) => `${name}:${name === 'host' ? host : String(headers[name])}\n`);
  const canonical = [method, path, '', lines.join(''), names, hash(body)].join('\n');
  const time = String(headers['x-amz-date']);
  const scope = [time.slice(0, 8), region, open ? 'ecr-public' : 'ecr', 'aws4_request'];
  const key = scope.reduce<string | Buffer>((sofar, part) => mac(sofar, part), `AWS4${secret}`);
  const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), hash(canonical)].join('\n');
  return `AWS4-HMAC-SHA256 Credential=${id}/${scope.join('/')}, SignedHeaders=${names}, Signature=${mac(key, text).toString('hex')}`;
}

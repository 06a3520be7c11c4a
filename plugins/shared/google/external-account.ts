import { readFile } from 'node:fs/promises';
import { Secret, type World } from '../../../core/index.ts';
import { askJson, complaintOf, secretPlace } from '../ask-json.ts';
import type { AccessToken } from '../cloud-access.ts';
import type { ExternalAccount, SubjectSource } from './credential-file.ts';
import { problem } from './problems.ts';
import { tokenOf } from './token-answer.ts';

interface Purpose {
  readonly who: string;
  /** The file of credentials. */
  readonly file: string;
  readonly scope: string;
}

/** Exchanges another provider's token for one of Google's (RFC 8693, google.aip.dev/auth/4117). */
export async function externalToken(account: ExternalAccount, purpose: Purpose, world: World): Promise<AccessToken> {
  const { audience, subjectTokenType, client, userProject } = account;
  const url = secretPlace(account.tokenUrl);
  const subject = await subjectToken(account.subject, purpose.file, world);
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience,
    scope: purpose.scope,
    subject_token: subject.reveal(),
    subject_token_type: subjectTokenType,
    ...(client === undefined && userProject !== undefined && { options: JSON.stringify({ userProject }) }),
  };
  const basic = client && Buffer.from(`${client.id}:${client.secret.reveal()}`).toString('base64');
  const headers = basic === undefined ? {} : { authorization: `Basic ${basic}` };
  const answer = await askJson({ method: 'POST', url, form, headers }, world);
  return tokenOf(answer, { who: purpose.who, host: url.host, secrets: [subject] }, world);
}

/** Read anew each time: it is short-lived, and replaced where it lies. */
async function subjectToken({ from, field }: SubjectSource, file: string, world: World): Promise<Secret> {
  const unreadable = (reason: string) => problem('CREDENTIALS_UNREADABLE', { file, reason });
  if ('file' in from) {
    let text: string;
    try {
      text = await readFile(from.file, 'utf8');
    } catch (error) {
      throw unreadable(`the token it names, ${from.file}, cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
    return pick(field === undefined ? text.trim() : fieldOf(text, field), unreadable);
  }
  const url = subjectAddress(from.url);
  const headers = Object.fromEntries(Object.entries(from.headers).map(([name, value]) => [name, value.reveal()]));
  const answer = await askJson({ method: 'GET', url, headers }, world);
  if (answer.status !== 200) throw unreadable(`${url.host} gave no token: ${complaintOf(answer)}`);
  return pick(field === undefined ? answer.text.trim() : answer.fields[field], unreadable);
}

/** Metadata services of other clouds speak plain http, on this link alone. */
const subjectAddress = (text: string): URL =>
  /^http:\/\/169\.254\.\d+\.\d+[:/]/.test(text) ? new URL(text) : secretPlace(text);

function pick(value: unknown, unreadable: (reason: string) => Error): Secret {
  if (typeof value === 'string' && value !== '') return new Secret(value);
  throw unreadable('there is no token where it says');
}

function fieldOf(text: string, field: string): unknown {
  try {
    return (JSON.parse(text) as Record<string, unknown> | null)?.[field];
  } catch {
    return undefined;
  }
}

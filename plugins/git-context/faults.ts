import type { BuildError } from '../../core/index.ts';
import { problem } from './problems.ts';

export type FaultKind =
  | 'login'
  | 'ssh'
  | 'host'
  | 'tls'
  | 'missing'
  | 'unadvertised'
  | 'redirect'
  | 'network'
  | 'owner'
  | 'other';

/** What git says when it fails (in English: its language is set), most telling first. */
const signs: readonly (readonly [FaultKind, RegExp])[] = [
  ['host', /host key verification failed|remote host identification has changed/i],
  ['ssh', /permission denied \(|too many authentication failures|no supported authentication methods/i],
  ['unadvertised', /unadvertised object|not our ref|want [0-9a-f]+ not valid|couldn't find remote ref/i],
  ['owner', /dubious ownership/i],
  ['redirect', /(?:returned error: |HTTP )30[12378]|unable to update url base from redirection/i],
  [
    'login',
    /authentication failed|could not read (?:username|password)|error: 40[13]|HTTP 40[13]|invalid credentials/i,
  ],
  [
    'tls',
    /certificate (?:problem|verif)|ssl_error|gnutls|SSL routines|sslcert|unable to (?:get|set) .*cert|self.signed|unable to load client (?:cert|key)|could not load client certificate|problem with the local SSL certificate|error (?:setting|adding) certificate/i,
  ],
  [
    'network',
    /could not resolve|name resolution|failed to connect|unable to connect|connection (?:timed out|refused|reset|closed)|couldn't connect|early EOF|hung up|RPC failed|unexpected disconnect|(?:error: |HTTP )(?:408|429|5\d\d)|operation timed out|empty reply|transfer closed|broken pipe|unreachable|kex_exchange|recv failure|unexpected eof|send failure|get(?:peer|sock)name\(\) failed/i,
  ],
  [
    'missing',
    /repository .*not found|not appear to be a git repository|repository not found|not exported|(?:error: |HTTP )404/i,
  ],
];

/** One failure of git. */
export class GitFault extends Error {
  override readonly name = 'GitFault';
  readonly kind: FaultKind;
  /** In a sentence, without credentials. */
  readonly said: string;
  readonly what: string;

  constructor(what: string, stderr: string, secrets: readonly string[]) {
    const text = cleaned(stderr, secrets);
    const said = sentence(text);
    super(said);
    this.what = what;
    this.said = said;
    const known = signs.filter(([, sign]) => sign.test(text)).map(([kind]) => kind);
    // A TLS connection that is cut off speaks of TLS; nothing was refused.
    const cutOff = /gnutls_handshake|non-properly terminated|recv failure|unexpected eof/i.test(text);
    this.kind = known.find((kind) => kind !== 'tls' || !cutOff) ?? (cutOff ? 'network' : 'other');
  }
}

/** What a user is told of it. */
export function problemOf(fault: GitFault, url: string, who: string | undefined): BuildError {
  const { said, what } = fault;
  const facts = { url, said };
  switch (fault.kind) {
    case 'host':
      return problem('HOST_UNKNOWN', facts);
    case 'ssh':
      return problem('SSH_REFUSED', facts);
    case 'login':
      return who === undefined ? problem('LOGIN_NEEDED', facts) : problem('LOGIN_REFUSED', { ...facts, who });
    case 'tls':
      return problem('TLS_REFUSED', facts);
    case 'missing':
      return problem('REPOSITORY_MISSING', facts);
    case 'network':
      return problem('NETWORK', facts);
    case 'owner':
      return problem('OWNER_DUBIOUS', { url, path: /repository at '([^']+)'/.exec(said)?.[1] ?? '*' });
    case 'unadvertised':
    case 'redirect':
    case 'other':
      return problem('GIT_FAILED', { ...facts, what });
  }
}

function cleaned(text: string, secrets: readonly string[]): string {
  let clean = text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s']*@/gi, (whole, scheme: string) =>
    /^ssh:/i.test(scheme) ? whole : scheme,
  );
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '***');
  return clean;
}

/** The lines that say why; what git and ssh say around them tells nobody anything. */
function sentence(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^(?:fatal|error|remote|warning): *(?:unable to access '[^']*': *)?/, '').trim())
    .filter((line) => line !== '' && !/^(?:Please make sure|and the repository exists|@+$|Cloning into)/.test(line));
  const telling = lines.filter((line) => !/could not read from remote repository|^warning/i.test(line));
  const shown = (telling.length > 0 ? telling : lines).slice(-4).join(' ');
  return shown === '' ? 'it said nothing' : shown.slice(0, 500);
}

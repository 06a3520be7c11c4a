/** What git says, and what is made of it: sentences of real programs that servers of the tests rarely bring forth. */
import { expect, test } from 'vitest';
import { GitFault } from '../../../plugins/git-context/faults.ts';

const kindOf = (text: string): string => new GitFault('fetch', text, []).kind;

test.each([
  ["fatal: unable to access 'https://h/x.git/': getpeername() failed with errno 107: not connected", 'network'],
  ["fatal: unable to access 'https://h/x.git/': gnutls_handshake() failed: Error in the pull function.", 'network'],
  ["fatal: unable to access 'https://h/x.git/': Could not resolve host: h", 'network'],
  ["fatal: unable to access 'https://h/x.git/': The requested URL returned error: 429", 'network'],
  ['fetch-pack: unexpected disconnect while reading sideband packet\nfatal: early EOF', 'network'],
  ["fatal: unable to access 'https://h/x.git/': SSL certificate problem: self-signed certificate", 'tls'],
  ['git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.', 'ssh'],
  ['error: Server does not allow request for unadvertised object 0123', 'unadvertised'],
  ["fatal: unable to access 'https://h/x.git/': The requested URL returned error: 403", 'login'],
  ['fatal: something new', 'other'],
])('%s', (text, kind) => {
  expect(kindOf(text)).toBe(kind);
});

test('credentials are not repeated, nor what surrounds the reason', () => {
  const said = "fatal: unable to access 'https://me:hush@h/x.git/': no 'tok3n' for https://me:hush@h/x.git/\n";
  expect(new GitFault('fetch', said, ['tok3n']).said).toBe("no '***' for https://h/x.git/");
});

import { expect, test } from 'vitest';
import { httpContext } from '../../../plugins/http-context/index.ts';
import { contextGround } from './ground.ts';

test.each([
  ['http.checksm', 'sha256:0', 'http.checksm: there is no such option.', 'Was "checksum" meant?'],
  [
    'http.token',
    'a secret',
    'http.token: there is no such option.',
    'Secrets are named by the variable that holds them: token-env=VARIABLE.',
  ],
  ['http.insecure-skip-tls', 'yes', 'http.insecure-skip-tls: "yes" is neither true nor false.', undefined],
  ['git.branch', 'main', 'git.branch: this context is no repository.', 'git+https://… is one.'],
])('%s=%s is refused before anything is asked', async (name, value, message, hint) => {
  await using ground = await contextGround(httpContext());
  const opening = ground.open('https://files.example/app.tar', { options: [[name, value]] });
  await expect(opening).rejects.toMatchObject({ code: 'http-context/OPTION', exit: 2, message, hint });
});

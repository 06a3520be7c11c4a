import { expect, test } from 'vitest';
import { redactor } from '../../../core/base/redactor.ts';
import { Secret } from '../../../core/base/secret.ts';

const secrets = [new Secret('geheim'), new Secret('geheimnis'), new Secret('sss'), new Secret('')];

/** The same text cut in two at every place must come out the same. */
test.each([
  ['nothing to see', 'nothing to see'],
  ['it is geheim.', 'it is ***.'],
  ['geheimnis geheim', '*** ***'],
  ['gehgeheim', 'geh***'],
  ['ends with gehei', 'ends with gehei'],
  ['ssssss s', '****** s'],
  ['ge\nheim', 'ge\nheim'],
])('%j is shown as %j, however it comes', (text, shown) => {
  expect(redactor(secrets).text(text)).toBe(shown);
  const bytes = Buffer.from(text);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const own = redactor(secrets);
    const parts = [own.push(bytes.subarray(0, cut)), own.push(bytes.subarray(cut)), own.rest()];
    expect(Buffer.concat(parts).toString()).toBe(shown);
  }
});

test('without secrets chunks pass as they are', () => {
  const chunk = Buffer.from('geheim');
  expect(redactor([]).push(chunk)).toBe(chunk);
});

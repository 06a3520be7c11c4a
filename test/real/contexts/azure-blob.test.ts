import { expect, test } from 'vitest';
import { requirements } from '../../support/needs.ts';
import { startAzurite } from '../../support/servers/azurite.ts';
import { startGcsEmulator } from '../../support/servers/gcs-emulator.ts';
const { suite } = await requirements(import.meta.url, ['azurite', 'gcs-emulator']);
suite('x', () => {
  test('starts', async () => {
    await using a = await startAzurite();
    await a.put('ctr', 'b', Buffer.from('x'));
    const url = `${a.url}/ctr/b?${a.sas('ctr', 'b', new Date(Date.now() + 60000))}`;
    expect((await fetch(url)).status).toBe(200);
    await using g = await startGcsEmulator();
    expect(await g.put('bucket', 'a/b', Buffer.from('x'))).toMatch(/^\d+$/);
  });
});

/** A build holds neither its context nor a list of all that is in it in memory. */
import { expect, it } from 'vitest';
import { measureMemory, memoryLimit } from '../../bench/memory.ts';
import { requirements } from '../support/needs.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'docker-registry', 'busybox-static']);

suite('a context of 2 GB that cannot be compressed is built and pushed in less than 300 MB', () => {
  it.for([1, 200_000])('as %i files', { timeout: 900_000 }, async (files) => {
    const { memory, pushed } = await measureMemory(files);
    // All of it has arrived, and what was measured is a node that was at work.
    expect(pushed).toBeGreaterThan(2e9);
    expect(pushed).toBeLessThan(2.2e9);
    expect(memory).toBeGreaterThan(40e6);
    expect(memory).toBeLessThan(memoryLimit);
  });
});

/** Builds over lines that break, stall, crawl and change bytes, whatever is said on them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requirements } from '../../support/needs.ts';
import { startFaultProxy, type FaultRule } from '../../support/servers/fault-proxy.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { buildThrough, digestAt, pushBase } from './scene.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'docker-registry']);

suite('a line to a registry', () => {
  let registry: TestRegistry;
  let right: string;
  let cells = 0;
  beforeAll(async () => {
    registry = await startRegistry();
    await pushBase(registry);
    right = (await over({})).result;
  });
  afterAll(() => registry.stop());

  /** Everything goes over the line: pulls and pushes. */
  async function over(rule: FaultRule, stalls = false) {
    await using line = await startFaultProxy(Number(new URL(registry.direct).port), rule);
    const name = `line-${(cells += 1)}:1`;
    const hosts = { base: line.host, target: line.host, cache: line.host };
    const built = await buildThrough(hosts, { role: 'base', name, stalls });
    return { ...built, pushed: await digestAt(registry, name), connections: line.connections() };
  }

  it.each<[string, FaultRule]>([
    ['that resets the first connection', { failFirst: 1 }],
    ['that breaks in an answer once', { resetAfter: 900, onlyFirst: 1 }],
    ['that breaks in a request once', { resetAfter: 700, direction: 'up', onlyFirst: 1 }],
  ])('%s is got over', async (_, rule) => {
    const { result, pushed } = await over(rule);
    expect(result).toBe(right);
    expect(pushed).toBe(right);
  });

  it.each<[string, FaultRule]>([
    ['that holds back every chunk', { delayMs: 20 }],
    ['that crawls', { rate: 40_000 }],
  ])('%s is waited for', async (_, rule) => {
    // What crawls takes longer than silence may last, and is never silent.
    const { result, pushed } = await over(rule, true);
    expect(result).toBe(right);
    expect(pushed).toBe(right);
  });

  it.each<[string, FaultRule, RegExp]>([
    ['that resets every connection', { refuse: true }, /^REGISTRY_UNREACHABLE$/],
    ['that breaks in every answer', { resetAfter: 100 }, /^REGISTRY_UNREACHABLE$/],
    ['that breaks in every request', { resetAfter: 60, direction: 'up' }, /^REGISTRY_UNREACHABLE$/],
    ['that falls silent in every answer', { stallAfter: 100 }, /^REGISTRY_UNREACHABLE$/],
  ])('%s is told, and nothing is named', async (_, rule, code) => {
    const { result, pushed, connections } = await over(rule, 'stallAfter' in rule);
    expect(result).toMatch(code);
    expect(pushed).toBeUndefined();
    // One try asks in the clear and, where that breaks, over TLS: it was tried again.
    expect(connections).toBeGreaterThan('stallAfter' in rule ? 1 : 2);
  });
});

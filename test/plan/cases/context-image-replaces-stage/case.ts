import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'An image may stand for a stage; its config goes to children as it is.',
  contexts: [{ name: 'build', kind: 'resolved', text: 'prebuilt:1' }],
  bases: { 'prebuilt:1': { env: [['PATH', '/pre']], user: 'app', author: 'Pre' } },
} satisfies PlanCase;

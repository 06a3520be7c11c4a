import type { PlanCase } from '../../plan-case.ts';

export default {
  why: "What ONBUILD says is stored as written, after the base's own triggers are gone.",
  bases: { parent: { env: [['PATH', '/bin']], onBuild: ['ENV A=1'] } },
} satisfies PlanCase;

import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Windows: no PATH of ours, its own shell, paths in both spellings.',
  platforms: ['windows(10.0.17763.1)/amd64'],
  bases: { 'mcr.microsoft.com/windows/nanoserver': { workingDir: '\\' } },
} satisfies PlanCase;

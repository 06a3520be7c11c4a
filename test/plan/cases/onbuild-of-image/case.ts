import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Triggers of a base run right after FROM, in order, and are gone.',
  bases: {
    'golang:onbuild': {
      env: [['PATH', '/bin']],
      onBuild: ['COPY . /src', 'WORKDIR /src', 'RUN go build \\\n  -v', 'ENV BUILT=1'],
    },
  },
} satisfies PlanCase;

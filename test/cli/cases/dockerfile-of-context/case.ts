import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A Dockerfile is named from where one stands; of one that lies in the context alone the whole path is told.',
  argv: ['build', 'app/', '-f', 'prod.Dockerfile'],
  files: { 'app/prod.Dockerfile': 'FROM scratch\n' },
});

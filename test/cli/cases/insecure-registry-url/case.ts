import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A URL is no host: it would fit no registry, and nobody would know.',
  argv: ['build', '.', '--insecure-registry', 'http://registry.example:5000'],
  files: { Dockerfile: 'FROM scratch\n' },
});

import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A mirror is a host with a path; what a scheme would say is said otherwise.',
  argv: ['build', '.', '--registry-map', 'docker.io=https://mirror.example/hub;quay.io=http://mirror.example/quay'],
  files: { Dockerfile: 'FROM scratch\n' },
});

import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'Settings that nobody would read are refused.',
  argv: ['build', 's3://bucket/app.tar', '--git', 'branch=main'],
});

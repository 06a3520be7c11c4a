import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'Letters of docker run that strake has no use for are answered.',
  argv: ['run', '-it', 'app'],
});

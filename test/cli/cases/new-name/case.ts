import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A name that cannot be one of a package is refused; none of it becomes a path.',
  argv: ['new', 'plugin', '../Mine'],
});

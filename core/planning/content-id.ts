import { canonicalJson, type Json } from '../base/canonical-json.ts';
import { digestOf } from '../base/digest.ts';

/** The same id for the same content; 96 bits are plenty for the stages of one run. */
export const contentId = (value: Json): string => digestOf(canonicalJson(value)).slice(7, 31);

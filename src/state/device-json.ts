/**
 * How a device reads JSON: its tokenizer, and its look-ups at every depth. What a signature check has in common with
 * the state parser; `sign` judges headers with it.
 *
 * @module
 */
export { childrenOf, findRaw, kindOf, rawOf, sizeOf } from "./check/lookup.ts";
export { ARRAY, BoundError, OBJECT, type TokenLimits, type Tokens, tokenize } from "./check/tokenizer.ts";

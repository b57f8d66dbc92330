/** Positional arguments as our commands declare them: never taken from stdin behind the user's back, as oclif would. */
import * as Args from '@oclif/core/args';

export const word = (description: string) => Args.string({ description, required: true, ignoreStdin: true });
export const optionalWord = (description: string) => Args.string({ description, ignoreStdin: true });
/** All that are left, in their order (oclif's own `argv` reorders equal ones). */
export const words = (description: string) => Args.string({ description, multiple: true, ignoreStdin: true });
export const someWords = (description: string) =>
  Args.string({ description, multiple: true, required: true, ignoreStdin: true });

/** Of a flag that may be given several times: each time with one value, and what follows that is not another. */
export const repeated = { multiple: true, multipleNonGreedy: true } as const;

/** Positional arguments as our commands declare them: never taken from stdin behind the user's back, as oclif would. */
import * as Args from '@oclif/core/args';

export const word = (description: string) => Args.string({ description, required: true, ignoreStdin: true });
export const optionalWord = (description: string) => Args.string({ description, ignoreStdin: true });
/** All that are left, in their order (oclif's own `argv` reorders equal ones). */
export const words = (description: string) => Args.string({ description, multiple: true, ignoreStdin: true });
export const someWords = (description: string) =>
  Args.string({ description, multiple: true, required: true, ignoreStdin: true });

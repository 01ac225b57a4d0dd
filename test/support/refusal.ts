import { GraphQLError } from 'graphql';

/** The code and argument of the error that `run` throws; it must be one of ours. */
export function refusalOf(run: () => unknown): { code: unknown; argument: unknown } {
  try {
    run();
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { code: error.extensions['code'], argument: error.extensions['argument'] };
  }
  throw new Error('Nothing was refused.');
}

/** How a command ended, for scripts. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  /** The command line, or a value in it, is wrong: trying again cannot help. */
  usage: 2,
  /** An import is done, but some lines were not records. */
  rejects: 3,
  /** What the command was about is not there. */
  notFound: 4,
  /** 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** For the end of a command's --help. */
export const exitCodesHelp = `
Exit codes:
  0    done
  1    failed; stderr says why
  2    the command line, or a value in it, is wrong
  4    there is no such collection or record
  130  interrupted`;

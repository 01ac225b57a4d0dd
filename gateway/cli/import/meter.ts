import { Presets, SingleBar } from 'cli-progress';
import { tell } from '../output.ts';

/** How an import or an export is coming along. */
export interface Standing {
  readonly rows: number;
  readonly rejected: number;
  /** From 0 to 1; null when nobody knows how much there is. */
  readonly share: number | null;
  /** What it waits for to pass. */
  readonly waiting?: string | null;
}

export interface Meter {
  close(): void;
}

/** Shows on stderr what `standing` says: a bar for people, a line now and then for logs. */
export function startMeter(standing: () => Standing): Meter {
  const startedAt = Date.now();
  const first = standing();
  const figures = (): string => figuresOf(standing(), first, (Date.now() - startedAt) / 1_000);
  return process.stderr.isTTY ? startBar(standing, figures) : startLines(figures);
}

const barMs = 100;
const linesMs = 5_000;

function startBar(standing: () => Standing, figures: () => string): Meter {
  const bar = new SingleBar(
    { format: '{bar} {figures}', hideCursor: true, gracefulExit: false, etaBuffer: 1 },
    Presets.shades_classic,
  );
  bar.start(1_000, 0, { figures: figures() });
  const show = (): void =>
    bar.update(Math.round((standing().share ?? 0) * 1_000), { figures: figures() });
  const timer = setInterval(show, barMs);
  return {
    close() {
      clearInterval(timer);
      show();
      bar.stop();
    },
  };
}

function startLines(figures: () => string): Meter {
  const timer = setInterval(() => tell(figures()), linesMs);
  return { close: () => clearInterval(timer) };
}

/** `first`: what an earlier run did says nothing of how fast this one is. */
export function figuresOf(now: Standing, first: Standing, seconds: number): string {
  const rate = (now.rows - first.rows) / Math.max(seconds, 0.001);
  const share = now.share;
  const parts = [
    share === null ? null : `${Math.floor(share * 100)} %`,
    `${whole(now.rows)} rows`,
    `${whole(rate)} rows/s`,
    share === null || now.waiting
      ? null
      : `${timeLeft(share - (first.share ?? 0), 1 - share, seconds)} left`,
    now.rejected > 0 ? `${whole(now.rejected)} rejected` : null,
    now.waiting ? `waiting: ${now.waiting}` : null,
  ];
  return parts.filter((part) => part !== null).join(', ');
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');

function timeLeft(done: number, left: number, seconds: number): string {
  if (done <= 0) return '?';
  const total = Math.round((seconds / done) * left);
  const minutes = Math.floor(total / 60);
  return minutes === 0 ? `${total} s` : `${minutes} min ${total % 60} s`;
}

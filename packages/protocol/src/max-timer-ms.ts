/** The longest time that a timer takes, almost 25 days: given a longer one, it fires at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

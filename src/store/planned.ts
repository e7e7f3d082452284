/**
 * Nothing is planned for later than this, in ms: what is was planned by a clock that was wrong, and
 * would be waited for until the year that it showed.
 */
export const plannedMaxMs = 8 * 24 * 3_600_000

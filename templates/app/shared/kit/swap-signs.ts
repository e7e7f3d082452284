/** Numbers in inputs: people type the sign of their language, and see it there. */
import type { Field } from './model.ts'

/**
 * From a number as JSON has it to one as people write it, and back: `12.5` is `12,5` in French. The
 * comma and the point change places, so that what is typed stays what it is, whatever it is.
 */
export type SwapSigns = (text: string) => string

export function createSwapSigns(language: string): SwapSigns {
  const parts = new Intl.NumberFormat(language).formatToParts(0.5)
  const hasComma = parts.some(({ type, value }) => type === 'decimal' && value === ',')
  return hasComma ? (text) => text.replace(/[.,]/g, (sign) => (sign === ',' ? '.' : ',')) : keep
}

/** For an input of the field, whose text may be no number. */
export function swapSignsOf({ type }: Field, swapSigns: SwapSigns): SwapSigns {
  return type === 'float' || type === 'decimal' ? swapSigns : keep
}

function keep(text: string): string {
  return text
}

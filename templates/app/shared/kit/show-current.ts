/** Scrolls a navigation, and nothing around it, until the link of the page that is open is seen. */
export function showCurrent(navigation: Element): void {
  const link = navigation.querySelector('[aria-current="page"]')
  if (link === null) return
  const place = link.getBoundingClientRect()
  const { top, bottom } = navigation.getBoundingClientRect()
  const end = Math.min(bottom, innerHeight)
  if (place.top >= top && place.bottom <= end) return
  navigation.scrollTop += (place.top + place.bottom - top - end) / 2
}

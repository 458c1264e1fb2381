/* What is it all together? The figures at the top: sums over what the filter lets through.
   Estates, households and residents are of estates that pass; gaps, elder care and money of their whole areas. */

function headlineFigures() {
  const { areas, estates, area_gaps: areaGaps } = app.tables;
  const isArea = (i) => passes('areas', i);
  const isIn = (i) => passes('estates', i) && app.areaOfEstate[i] >= 0;
  const isGap = areaGaps.is_gap.map((gap, row) => gap === true && isArea(app.areaAt.get(areaGaps.area_id[row])));
  return {
    areas: countAt('areas', () => true),
    estates: countAt('estates', isIn),
    households: sumOf(estates.households, isIn),
    residents: sumOf(estates.residents, isIn),
    gaps: countOf(isGap, true),
    gaps_after: isGap.reduce((sum, gap, row) => sum + (gap && !closingOf(row) ? 1 : 0), 0),
    gap_areas: new Set(areaGaps.area_id.filter((_, row) => isGap[row])).size,
    need: sumOf(areas.elder_need_m2, isArea),
    have: sumOf(areas.elder_have_m2, isArea),
    short: sumOf(areas.elder_short_m2, isArea),
    money: sumOf(areas.amount_yuan, isArea),
    money_unknown: countAt('areas', (i) => !isKnown(areas.amount_yuan[i])),
  };
}

function sumOf(values, counts) {
  return values.reduce((sum, value, i) => sum + (isKnown(value) && counts(i) ? value : 0), 0);
}

function writeHeadline() {
  const sums = headlineFigures();
  const all = app.totals;
  const ofAll = (key) => word('of_all', { n: number(all[key]) });
  const tiles = [
    tile('areas', number(sums.areas), 'count', isFiltered() ? word('of_all', { n: number(app.tables.areas.rows) }) : ''),
    tile('estates', number(sums.estates), 'count', ofAll('estates')),
    tile('households', number(sums.households), 'households', ofAll('households')),
    tile('residents', number(sums.residents), 'persons', ofAll('residents')),
  ];
  if (app.tables.area_gaps.rows) tiles.push(tile('gaps', number(sums.gaps), 'item', gapsNote(sums)));
  if (app.tables.care.rows) tiles.push(elderTile(sums));
  if (app.tables.areas.amount_yuan.some(isKnown)) {
    const [value, unit] = moneyParts(sums.money);
    tiles.push(tile('money', value, unit, sums.money_unknown ? word('money_unknown', { n: sums.money_unknown }) : ''));
  }
  fill(document.getElementById('headline'), ...tiles);
}

function gapsNote(sums) {
  const hasPlan = app.tables.sitings.rows > 0 || app.tables.openings.rows > 0;
  const areas = word('gaps_note', { n: number(sums.gap_areas) });
  return hasPlan ? word('gaps_left', { n: number(sums.gaps_after) }) : areas;
}

function tile(key, value, unit, note) {
  return make(
    'div',
    { 'data-key': key },
    make('dt', {}, word(key)),
    make('dd', {}, value, unit ? make('small', {}, ' ' + word('unit.' + unit)) : null),
    make('dd', { className: 'note' }, note),
  );
}

function elderTile(sums) {
  const part = (key) =>
    make('div', { className: key, 'data-key': key }, make('dt', {}, word(key)), make('dd', {}, number(sums[key])));
  return make(
    'div',
    { className: 'elder' },
    make('dt', {}, word('elder')),
    make('dd', {}, make('dl', { className: 'three' }, part('need'), part('have'), part('short'))),
  );
}

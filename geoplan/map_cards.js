/* What is known of one area, estate or facility: the cards of the panel. */

const RESULTS = ['fail', 'unknown', 'not_set'];
const CARE_FACTS = ['inside_m2', 'declared_m2', 'reachable_m2', 'planned_m2', 'short_after_m2'];

/* ---- an area ---- */

function areaPanel(i) {
  const areas = app.tables.areas;
  const hub = app.estateAt.get(areas.hub_estate_id[i]);
  return [
    headOf([word('area'), areas.subdistrict[i]].filter(isKnown).join(' · '), shortArea(i), areas.area_id[i]),
    figures(
      figure(heading('areas', 'estates'), areas.estates[i], 'count'),
      figure(heading('areas', 'households'), areas.households[i], 'households'),
      figure(heading('areas', 'residents'), areas.residents[i], 'persons'),
      figure(heading('areas', 'radius_m'), areas.radius_m[i], 'm'),
    ),
    missingTypes(i),
    sitingsOfArea(i),
    careAccount(i),
    moneyOfArea(i),
    yearOfArea(i),
    consentOf(app.membersOfArea[i]),
    wallsOfArea(i),
    section(word('members'), listed(app.membersOfArea[i].map(memberRow), 12)),
    section(
      word('about_area'),
      facts(
        [heading('areas', 'subdistrict'), cell('areas', 'subdistrict', i)],
        [word('hub'), hub === undefined ? areas.hub_estate_id[i] : link('estates', hub, app.tables.estates.name[hub])],
        [heading('areas', 'floor_area_m2'), cell('areas', 'floor_area_m2', i)],
      ),
    ),
  ];
}

function memberRow(estate) {
  const { name: names, eligibility, households } = app.tables.estates;
  return make(
    'li',
    {},
    link('estates', estate, names[estate]),
    eligibility[estate] === 'eligible' ? null : chip(eligibility[estate], label('eligibility', eligibility[estate])),
    make('span', { className: 'said' }, quantity(households[estate], 'households')),
  );
}

function missingTypes(area) {
  const table = app.tables.area_gaps;
  const rows = app.gapsOfArea.get(area) || [];
  if (!rows.length) return section(word('missing_types'), make('p', { className: 'empty' }, word('no_gap_table')));
  const missing = rows
    .filter((row) => table.is_gap[row])
    .sort((one, other) => (table.uncovered_share[other] || 0) - (table.uncovered_share[one] || 0) || one - other);
  const unknown = rows.filter((row) => !isKnown(table.is_gap[row])).length;
  const items = missing.map((row) => {
    const bar = make('span', { className: 'bar' });
    bar.style.width = 100 * (table.uncovered_share[row] || 0) + '%';
    return make(
      'li',
      { className: 'barred' },
      make(
        'button',
        {
          type: 'button',
          className: 'link',
          title: typeLabel(table.facility_type[row]),
          click: () => change({ theme: 'gaps', type: table.facility_type[row] }),
        },
        shortType(table.facility_type[row]),
      ),
      closingChip(row),
      make('span', { className: 'said' }, uncoveredToday(row)),
      isKnown(table.reason[row]) && !closingOf(row)
        ? make('small', { className: 'open' }, label('open_reasons', table.reason[row]))
        : null,
      bar,
    );
  });
  return section(
    word('missing_types') + (missing.length ? ` (${missing.length})` : ''),
    items.length ? make('p', { className: 'column' }, word('uncovered_residents')) : null,
    items.length ? listed(items, 8) : make('p', { className: 'empty' }, word('no_gaps')),
    unknown ? make('p', { className: 'empty' }, word('no_data_types', { n: unknown })) : null,
  );
}

function careAccount(area) {
  const row = app.careAt.get(area);
  if (row === undefined) return null;
  const care = app.tables.care;
  const { elder_need_m2: need, elder_have_m2: have, elder_short_m2: short } = app.tables.areas;
  const flows = (app.flowsOfArea.get(area) || []).map((flow) => {
    const facility = app.facilityAt.get(app.tables.care_flows.facility_id[flow]);
    const text = facility === undefined ? app.tables.care_flows.facility_id[flow] : facilityName(facility);
    return make(
      'li',
      {},
      facility === undefined ? name(text) : link('facilities', facility, text),
      make('span', { className: 'said' }, quantity(app.tables.care_flows.floor_area_m2[flow], 'm2', 1)),
    );
  });
  return section(
    word('care_account'),
    make(
      'p',
      { className: 'verdict' },
      chip('care-' + careTone(care.status[row]), label('care_status', care.status[row])),
    ),
    balance(need[area], have[area], short[area]),
    factsOf(
      'care',
      CARE_FACTS.filter((column) => isKnown(care[column][row])),
      row,
    ),
    make('h4', {}, word('land_account')),
    factsOf('care', ['land_need_m2', 'land_have_m2', 'land_status'], row),
    flows.length ? make('h4', {}, word('served_by')) : null,
    flows.length ? listed(flows, 8) : null,
  );
}

function careTone(status) {
  return status === 'met' || status === 'met_after_plan' ? 'met' : status === 'unknown' ? 'unknown' : 'short';
}

/* Need, at hand and short as three figures over one bar. */
function balance(need, have, short) {
  const bar = make('div', { className: 'balance' }, make('span'));
  bar.firstChild.style.width = need > 0 && isKnown(have) ? Math.min(100, (100 * have) / need) + '%' : '0';
  const part = (key, value) =>
    make(
      'div',
      { className: key },
      make('dt', {}, word(key)),
      make('dd', {}, number(value, 1), isKnown(value) ? make('small', {}, ' ' + word('unit.m2')) : null),
    );
  return make(
    'div',
    {},
    make('dl', { className: 'three' }, part('need', need), part('have', have), part('short', short)),
    bar,
  );
}

/* ---- an estate ---- */

const ESTATE_FACTS = [
  'district',
  'subdistrict',
  'community',
  'completion_year',
  'buildings',
  'floor_area_m2',
  'land_area_m2',
  'residents_60plus',
];

function estatePanel(i) {
  const estates = app.tables.estates;
  const area = app.areaOfEstate[i];
  return [
    headOf(word('estate'), estates.name[i], estates.estate_id[i]),
    figures(
      figure(heading('estates', 'households'), estates.households[i], 'households'),
      figure(heading('estates', 'residents'), estates.residents[i], 'persons'),
    ),
    section(word('in_plan'), make('p', { className: 'verdict' }, standingOf(i))),
    facts(
      [heading('estates', 'eligibility'), chip(estates.eligibility[i], cell('estates', 'eligibility', i))],
      [heading('estates', 'plan_entry'), chip(estates.plan_entry[i], cell('estates', 'plan_entry', i))],
      area < 0
        ? [heading('estates', 'left_out'), leftOutText(i)]
        : [word('of_area'), link('areas', area, app.tables.areas.name[area])],
    ),
    checksOf(i),
    consentOf([i]),
    walksOf(i),
    section(word('about_estate'), factsOf('estates', ESTATE_FACTS, i)),
  ];
}

/* Whether an estate is in the plan, in one sentence; what its own rules say stands below. */
function standingOf(estate) {
  const area = app.areaOfEstate[estate];
  if (area < 0) return chip('fail', word('not_in_plan', { why: leftOutText(estate) }));
  const { programme, areas } = app.tables;
  const said = { area: shortArea(area) };
  if (!hasYears()) return chip('eligible', word('in_plan_area', said));
  if (isKnown(areas.plan_year[area])) return chip('eligible', word('in_plan_year', { ...said, year: areas.plan_year[area] }));
  const row = app.programmeAt.get(area);
  const why = row === undefined ? word('unknown') : cell('programme', 'reason', row);
  return chip('unknown', word('in_no_plan_year', { ...said, why }));
}

/* How many of the households asked have agreed, and how far the estates of an area are prepared. */
function consentOf(estates) {
  const { consent_eligible: asked, consent_agree: agreed, plan_entry: entry, name: names } = app.tables.estates;
  const told = estates.filter((i) => isKnown(asked[i]) && isKnown(agreed[i]));
  const waiting = estates.filter((i) => entry[i] !== 'ready');
  const [all, yes] = [asked, agreed].map((values) => told.reduce((sum, i) => sum + values[i], 0));
  if (!told.length && waiting.length === estates.length) return null;
  return section(
    word('consent'),
    facts(
      told.length ? [word('agreed'), word('agreed_of', { n: number(yes), all: number(all), share: number((100 * yes) / (all || 1)) })] : null,
      told.length < estates.length ? [word('not_asked'), quantity(estates.length - told.length, 'count')] : null,
      [label('plan_entry', 'ready'), quantity(estates.length - waiting.length, 'count')],
    ),
    waiting.length && estates.length > 1 ? make('h4', {}, word('not_ready_yet')) : null,
    waiting.length && estates.length > 1
      ? listed(
          waiting.map((i) => make('li', {}, link('estates', i, names[i]), chip(entry[i], label('plan_entry', entry[i])))),
          5,
        )
      : null,
  );
}

function checksOf(estate) {
  const table = app.tables.verdicts;
  const worst = (row) => [table.strength[row] === 'soft', RESULTS.indexOf(table.result[row])];
  const rows = verdictsOf(estate)
    .slice()
    .sort((one, other) => worst(one)[0] - worst(other)[0] || worst(one)[1] - worst(other)[1] || one - other);
  const items = rows.map((row) =>
    make(
      'li',
      { className: 'check' },
      chip(table.result[row], label('verdict', table.result[row])),
      make(
        'div',
        {},
        make('p', {}, ruleText(row)),
        make(
          'p',
          { className: 'why' },
          word('value_limit', {
            value: isKnown(table.value[row]) ? table.value[row] : word('unknown'),
            limit: isKnown(table.limit[row]) ? table.limit[row].replace(/^= /, '') : '—',
          }),
        ),
        make(
          'p',
          { className: 'why', title: ruleTitle(row) },
          [label('stage', table.stage[row]), label('strength', table.strength[row]), clauseText(row)].join(' · '),
        ),
      ),
    ),
  );
  return section(word('checks'), items.length ? listed(items, 6) : make('p', { className: 'empty' }, word('all_pass')));
}

function walksOf(estate) {
  if (!app.gapTypes.length) return section(word('walks'), make('p', { className: 'empty' }, word('no_gap_table')));
  const stateOf = (type) => gapsOf(type).today[estate];
  const closing = (type) => gapsOf(type).built[estate];
  const closes = (type) => closing(type) !== 'still' && closing(type) !== 'gap';
  const missing = app.gapTypes.filter((type) => stateOf(type) === 'gap');
  const gaps = missing.filter(closes).concat(missing.filter((type) => !closes(type)));
  const covered = app.gapTypes.filter((type) => stateOf(type) === 'covered').length;
  const unknown = app.gapTypes.filter((type) => stateOf(type) === 'none').length;
  const items = gaps.map((type) =>
    make(
      'li',
      {},
      make(
        'button',
        {
          type: 'button',
          className: 'link',
          title: typeLabel(type),
          click: () => change({ theme: 'gaps', type }),
        },
        shortType(type),
      ),
      closes(type) ? chip('closing ' + closing(type), word('state.' + closing(type))) : null,
      make('span', { className: 'said' }, walkText(type, estate)),
    ),
  );
  return section(
    word('missing_types') + (gaps.length ? ` (${gaps.length})` : ''),
    items.length ? make('p', { className: 'column' }, word('walk_limit')) : null,
    items.length ? listed(items, 10) : make('p', { className: 'empty' }, word('no_gaps')),
    make('p', { className: 'empty' }, word('and_covered', { n: covered })),
    unknown ? make('p', { className: 'empty' }, word('no_data_types', { n: unknown })) : null,
  );
}

function walkText(type, estate) {
  const { distances, limits } = gapsOf(type);
  const far = distances[estate];
  return (isKnown(far) ? number(far) : word('unreachable')) + ' / ' + number(limits[estate]);
}

/* ---- a facility ---- */

function facilityName(i) {
  return app.tables.facilities.name[i] || typeLabel(app.tables.facilities.facility_type[i]);
}

function facilityPanel(i) {
  const facilities = app.tables.facilities;
  const flows = (app.flowsOfFacility.get(i) || []).map((flow) => {
    const area = app.areaAt.get(app.tables.care_flows.area_id[flow]);
    return make(
      'li',
      {},
      link('areas', area, app.tables.areas.name[area]),
      make('span', { className: 'said' }, quantity(app.tables.care_flows.floor_area_m2[flow], 'm2', 1)),
    );
  });
  const reach = facilities.reachable[i];
  return [
    headOf(kindLabel(kindOfFacility(i)), facilityName(i), facilities.facility_id[i]),
    facts(
      [heading('facilities', 'facility_type'), typeLabel(facilities.facility_type[i])],
      [heading('facilities', 'status'), cell('facilities', 'status', i)],
      [heading('facilities', 'floor_area_m2'), cell('facilities', 'floor_area_m2', i)],
      isKnown(facilities.elder_area_m2[i])
        ? [heading('facilities', 'elder_area_m2'), cell('facilities', 'elder_area_m2', i)]
        : null,
      [heading('facilities', 'snapped_m'), cell('facilities', 'snapped_m', i)],
      [heading('facilities', 'reachable'), word(reach ? 'reachable' : isKnown(reach) ? 'not_reachable' : 'unknown')],
    ),
    flows.length ? section(word('serves_areas'), listed(flows, 10)) : null,
  ];
}

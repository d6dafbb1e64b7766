'use strict';
(() => {
  const root = document.documentElement;
  const radios = [...document.querySelectorAll('input[name=lang]')];
  const codes = {'lang-zh': 'zh-Hans', 'lang-en': 'en'};
  const chosen = () => radios.find(r => r.checked).id === 'lang-en' ? 1 : 0;
  const data = JSON.parse(document.getElementById('data').textContent);
  const listeners = [];
  const settle = () => {
    root.lang = codes[radios.find(r => r.checked).id];
    document.title = data.titles[chosen()];
    listeners.forEach(f => f());
  };
  radios.forEach(r => r.addEventListener('change', settle));
  if (!navigator.languages.some(l => l.toLowerCase().startsWith('zh'))) document.getElementById('lang-en').checked = true;

  // The chance that growth gives, and back: probits are linear between the points that were tried.
  const probit = p => {
    let low = -8, high = 8;
    for (let i = 0; i < 60; i++) { const x = (low + high) / 2; if (normal(x) < p) low = x; else high = x; }
    return (low + high) / 2;
  };
  const normal = x => {
    const t = 1 / (1 + 0.5 * Math.abs(x) / Math.SQRT2);
    const y = t * Math.exp(-x * x / 2 - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 +
      t * (-0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 +
      t * 0.17087277)))))))));
    return x >= 0 ? 1 - y / 2 : y / 2;
  };
  const growthFor = (curve, p) => {
    let top = 0;
    const rising = curve.map(c => top = Math.max(top, c[1]));
    const i = rising.findIndex(c => c >= p);
    if (i < 1) return i === 0 ? -Infinity : Infinity;
    const a = probit(rising[i - 1]), b = probit(rising[i]), w = probit(p);
    return curve[i - 1][0] + (curve[i][0] - curve[i - 1][0]) * (w - a) / (b - a);
  };
  const place = document.getElementById('slider');
  if (place && data.needs.length) {
    const label = document.createElement('label');
    const told = document.createElement('span');
    const range = document.createElement('input');
    Object.assign(range, {type: 'range', min: 20, max: 95, step: 5, value: 80});
    label.append(told, range);
    const list = document.createElement('ul');
    list.setAttribute('aria-live', 'polite');
    place.append(label, list);
    const draw = () => {
      const l = chosen(), t = data.texts, p = range.value / 100;
      told.textContent = t.sure[l].replace('#', range.value);
      list.replaceChildren(...data.needs.map(n => {
        const g = growthFor(n.curve, p), end = g < 0 && !isFinite(g) ? n.curve[0][0] : n.curve[n.curve.length - 1][0];
        const value = (100 * (isFinite(g) ? g : end)).toFixed(n.points ? 2 : 1).replace('-', '\u2212');
        const unit = n.points ? t.points[l] : '\u00a0%';
        const told = isFinite(g) ? t.growth : g < 0 ? t.below : t.above;  // as `bounded` of needs.py
        const item = document.createElement('li');
        item.textContent = told[l].replace('#t', () => n.target).replace('#d', () => n.driver[l])
          .replace('#g', () => value + unit);
        return item;
      }));
    };
    range.addEventListener('input', draw);
    listeners.push(draw);
  }
  // Tables that go on sideways say so.
  const boxes = [...document.querySelectorAll('.scroll')];
  const measure = () => boxes.forEach(b => b.parentElement.classList.toggle('wider', b.scrollWidth > b.clientWidth + 1));
  addEventListener('resize', measure);
  document.addEventListener('toggle', measure, true);
  listeners.push(measure);
  // What is folded is folded on the screen only.
  addEventListener('beforeprint', () => document.querySelectorAll('details:not(.full, .fold, .elsewhere)').forEach(d => d.open = true));
  settle();
})();
